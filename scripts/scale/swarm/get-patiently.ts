import type { z } from "zod";
import { getJson } from "../../e2e-docker/http.js";

const attempts = 6;

/** What a URL answers, also on a host so busy that an answer takes longer than the 10 s that are given to one. */
export async function getPatiently<T>(url: string, schema: z.ZodType<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await getJson(url, schema);
    } catch (error) {
      const isLate = error instanceof Error && error.name === "TimeoutError";
      if (!isLate || attempt === attempts) throw error;
    }
  }
}
