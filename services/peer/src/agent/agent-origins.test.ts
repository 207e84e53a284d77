import { describe, expect, it } from "vitest";
import { agentOrigins } from "./agent-origins.js";

const two = async () => ["10.0.0.7", "fd00::7"];

describe("agentOrigins", () => {
  it("are one for each address of a name", async () => {
    expect(await agentOrigins("http://agent.control:9200", two)).toEqual([
      "http://10.0.0.7:9200",
      "http://[fd00::7]:9200",
    ]);
    expect(await agentOrigins("http://agent.control/lab", two)).toEqual([
      "http://10.0.0.7:80/lab",
      "http://[fd00::7]:80/lab",
    ]);
  });

  it("are the URL itself where the name has one address, is an address, or is what a certificate is for", async () => {
    const one = async () => ["10.0.0.7"];
    expect(await agentOrigins("http://agent.control:9200", one)).toEqual(["http://agent.control:9200"]);
    for (const url of ["http://127.0.0.1:9200", "http://[::1]:9200", "https://agent.example:9200"]) {
      expect(await agentOrigins(url, two)).toEqual([url]);
    }
  });

  it("asks the system, and rejects when the name has no address", async () => {
    expect(await agentOrigins("https://localhost:9200")).toEqual(["https://localhost:9200"]);
    const unknown = () => Promise.reject(new Error("ENOTFOUND"));
    await expect(agentOrigins("http://agent.control:9200", unknown)).rejects.toThrow("ENOTFOUND");
  });
});
