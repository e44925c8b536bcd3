// Rewrites the links of a document to those of its page. A link to a file without a page becomes its text.
import { dirname, join, normalize, relative } from 'node:path';

/**
 * The text of `source`, with links that work on the site. `places`: the page of each file. Relative links between documents stay
 * relative, so a document works in the repository, in the package and on the site.
 */
export function rewriteLinks(text, source, places) {
  const page = places.get(source);
  const target = (link) => {
    if (/^(?:[a-z]+:|#|\/)/.test(link)) return link;
    const [path, fragment] = link.split('#');
    const file = normalize(join(dirname(source), path)).replace(/\/$/, '');
    const place = places.get(file);
    if (place === undefined) return undefined;
    const way = relative(dirname(page), place);
    return `${way.startsWith('.') ? way : `./${way}`}${fragment === undefined ? '' : `#${fragment}`}`;
  };
  const inProse = (prose) =>
    prose
      .replace(/(`+)[^`]+?\1(?!`)|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (found, _, bang, label, link) => {
        if (link === undefined) return found;
        const there = target(link);
        return there === undefined ? label : `${bang}[${inProse(label)}](${there})`;
      })
      .replace(/\b(src|href|srcset)="([^"]+)"/g, (found, name, link) => {
        const there = target(link);
        return there === undefined ? found : `${name}="${there}"`;
      });
  // Every second part is a block of code.
  return text
    .split(/(^(?:```|~~~)[^]*?^(?:```|~~~)[^\S\n]*$)/m)
    .map((part, index) => (index % 2 === 0 ? inProse(part) : part))
    .join('');
}
