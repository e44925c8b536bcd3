/** The end of `npm run docs`: serves the site that has been built. PORT=4173 is the default. */
import { serveSite } from './serve.js';

const { PORT = '4173' } = process.env;

serveSite('lab/build/site/dist', Number(PORT), ({ url }) => console.log(`the documents are at ${url}`)).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
