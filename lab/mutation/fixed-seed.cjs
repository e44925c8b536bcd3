// The same samples in each run, and fewer: a mutant that one run finds is found by all.
process.env.PROPERTY_RUNS = '60';
require('fast-check').configureGlobal({ seed: 9113, numRuns: 60 });
