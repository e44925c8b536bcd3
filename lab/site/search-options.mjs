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
  combineWith: 'AND',
  tokenize: (text) => text.split(/[^\p{L}\p{N}_-]+/u).filter((word) => word !== ''),
  // Short words have neighbours that mean something else: TLS and URLs, SNI and SSE.
  fuzzy: (term) => (term.length > 5 ? 0.2 : false),
  prefix: (term) => term.length > 2,
  boost: { title: 5, titles: 2, text: 1 },
  boostDocument: (id, term, { title, titles } = {}) => {
    const [, kind, name] = /^\/(\w+)\/(?:.*\/)?([\w-]*)/.exec(id) ?? [];
    // Guides explain; the reference and the specification repeat the same words more often.
    const weights = { guides: 4, api: 0.5, internals: 0.25, project: 0.25, specification: 0.25 };
    // A page with the word in its name is about it.
    const named = kind === 'guides' && term.length > 3 && name.includes(term) ? 3 : 1;
    // A guide's own title names its topics; it is longer than those of its sections.
    const titled = kind === 'guides' && titles?.length === 0 && title?.toLowerCase().includes(term) ? 2.5 : 1;
    return (weights[kind] ?? 1) * named * titled;
  },
};
