// The same samples in each run: a mutant that one run finds is found by all.
require('fast-check').configureGlobal({ seed: 9113 });
