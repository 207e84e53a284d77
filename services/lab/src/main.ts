#!/usr/bin/env node
import { runCommand } from "./commands/run-command.js";
import { version } from "./version.js";

const help = `Usage: swarmlab COMMAND [options]

Runs swarms and reports on them.

Commands:
  run    shares a file in a swarm of processes on this host

"swarmlab COMMAND --help" tells more.
`;

const [command, ...argv] = process.argv.slice(2);
switch (command) {
  case "run":
    await runCommand(argv);
    break;
  case "--version":
    process.stdout.write(`${version}\n`);
    break;
  case "--help":
  case "-h":
    process.stdout.write(help);
    break;
  default:
    process.stderr.write(
      command === undefined ? help : `swarmlab: there is no command "${command}"\n\n${help}`,
    );
    process.exitCode = 2;
}
