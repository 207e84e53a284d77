/**
 * Loaded into every node process before its own program (`node --import`): ends the process when the lab that started it
 * is gone, however that happened. The IPC channel closes with the lab, even when it was killed.
 */
if (process.channel) {
  process.once("disconnect", () => process.exit(1));
  // The channel alone keeps no process alive that has nothing left to do.
  process.channel.unref();
}
