import { type RegionMatrix, regionMatrix } from "./regions.js";

/** A city that stands for its region, in degrees north and east. */
interface City {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

const CITIES: readonly City[] = [
  { name: "frankfurt", latitude: 50.11, longitude: 8.68 },
  { name: "virginia", latitude: 39.04, longitude: -77.49 },
  { name: "oregon", latitude: 45.6, longitude: -121.18 },
  { name: "saopaulo", latitude: -23.55, longitude: -46.63 },
  { name: "mumbai", latitude: 19.08, longitude: 72.88 },
  { name: "singapore", latitude: 1.35, longitude: 103.82 },
  { name: "tokyo", latitude: 35.68, longitude: 139.69 },
  { name: "sydney", latitude: -33.87, longitude: 151.21 },
];

const EARTH_RADIUS_KM = 6371;
/** Light in fibre: 299,792 km/s over a refractive index of about 1.5. */
const FIBRE_KM_PER_MS = 200;
/** Cables are longer than the great circle, and routers take time; chosen here. */
const DETOUR = 1.5;

/** Figures that were computed, not measured. */
export const CITY_REGIONS: RegionMatrix = regionMatrix(
  CITIES.map(({ name }) => name),
  `computed: 2 x great-circle distance x ${DETOUR} (detours) / ${FIBRE_KM_PER_MS} km per ms (light in fibre)`,
  (from, to) => cityRttMs(cityNamed(from), cityNamed(to)),
);

/** In whole milliseconds. */
function cityRttMs(from: City, to: City): number {
  return Math.round((2 * DETOUR * greatCircleKm(from, to)) / FIBRE_KM_PER_MS);
}

/** The haversine formula, on a sphere. */
function greatCircleKm(from: City, to: City): number {
  const halfLatitude = radians(to.latitude - from.latitude) / 2;
  const halfLongitude = radians(to.longitude - from.longitude) / 2;
  const haversine =
    Math.sin(halfLatitude) ** 2 +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * Math.sin(halfLongitude) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(haversine));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function cityNamed(name: string): City {
  const city = CITIES.find((candidate) => candidate.name === name);
  if (city === undefined) throw new RangeError(`no city is named ${name}`);
  return city;
}
