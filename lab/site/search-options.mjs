// How the pages are searched: in the browser, and by the test of the search.
export const FIELDS = { fields: ['title', 'titles', 'text'], storeFields: ['title', 'titles'] };

export const INDEX_OPTIONS = {
  // A word with hyphens is found whole and by its parts: `keep-alive`, `hop-by-hop`.
  tokenize: (text) =>
    text
      .split(/[^\p{L}\p{N}_-]+/u)
      .flatMap((word) => (/[^-]-[^-]/.test(word) ? [word, ...word.split('-')] : word.split(/-+/))),
};

export const SEARCH_OPTIONS = {
  tokenize: (text) => text.split(/[^\p{L}\p{N}_-]+/u).filter((word) => word !== ''),
  // Short words have neighbours that mean something else: TLS and URLs, SNI and SSE.
  fuzzy: (term) => (term.length > 5 ? 0.2 : false),
  prefix: (term) => term.length > 2,
  boost: { title: 5, titles: 2, text: 1 },
  // Guides explain; the reference and the specification repeat the same words more often.
  boostDocument: (id) => {
    if (/\/guides\//.test(id)) return 4;
    if (/\/(?:internals|project|specification)\//.test(id)) return 0.25;
    return /\/api\//.test(id) ? 0.5 : 1;
  },
};
