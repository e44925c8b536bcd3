// An error that a mutant throws on a timer after its tests must not end the process that tests the next ones. While a test runs, jest puts
// a listener of its own in place of this.
process.on('uncaughtException', () => undefined);
