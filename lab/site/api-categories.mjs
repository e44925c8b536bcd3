// A plugin of typedoc: groups each export by what a user does with it. The folder of its source decides, unless its name is listed.
import { Comment, CommentTag, Converter, DeclarationReflection, ReferenceReflection } from 'typedoc';

/** Category by the beginning of the path, first match wins. */
const BY_PATH = [
  ['src/testing/recorder/', 'Record connections'],
  ['src/testing/', 'Write tests'],
  ['src/eslint/', 'Lint'],
  ['src/middleware/', 'Add middleware'],
  ['src/ws/', 'Exchange messages'],
  ['src/sse/', 'Exchange messages'],
  ['src/server/fault', 'Handle errors'],
  ['src/server/error-stream', 'Handle errors'],
  ['src/errors', 'Handle errors'],
  ['src/server/', 'Serve requests'],
  ['src/drive/response', 'Serve requests'],
  ['src/client/', 'Send requests'],
  ['src/drive/', 'Requests and responses'],
  ['src/http/', 'Requests and responses'],
  ['src/body/', 'Stream bodies'],
  ['src/demand/', 'Stream bodies'],
  ['src/limits', 'Set limits'],
  ['src/alpn/', 'Compose connections and protocols'],
  ['src/node/', 'Open sockets'],
  ['src/flow/', 'Use any flow of bytes'],
  ['src/h1/', 'Drive an engine'],
  ['src/h2/', 'Drive an engine'],
  ['src/engine', 'Drive an engine'],
  ['src/bytes', 'Drive an engine'],
  ['src/streams', 'Drive an engine'],
];

/** The order of the categories. */
export const CATEGORIES = [
  'Serve requests',
  'Send requests',
  'Requests and responses',
  'Stream bodies',
  'Handle errors',
  'Set limits',
  'Add middleware',
  'Exchange messages',
  'Compose connections and protocols',
  'Open sockets',
  'Use any flow of bytes',
  'Drive an engine',
  'Write tests',
  'Record connections',
  'Lint',
];

function categoryOf(path) {
  const [, category] = BY_PATH.find(([start]) => path.startsWith(start)) ?? [];
  if (category === undefined) throw new Error(`lab/site/api-categories.mjs has no category for ${path}: add one`);
  return category;
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const entry of context.project.children ?? []) {
      entry.name = entry.name === 'index' ? 'rxpaf' : `rxpaf/${entry.name}`;
      for (const child of entry.children ?? []) {
        const target = child instanceof ReferenceReflection ? child.getTargetReflectionDeep() : child;
        if (!(target instanceof DeclarationReflection)) continue;
        const file = context.getSymbolFromReflection(target)?.declarations?.[0]?.getSourceFile().fileName;
        if (file === undefined) continue;
        const path = file.slice(file.lastIndexOf('/src/') + 1);
        const tag = new CommentTag('@category', [{ kind: 'text', text: categoryOf(path) }]);
        // A function has its comments in its signatures.
        const commented = target.signatures ?? [child];
        for (const each of commented) (each.comment ??= new Comment()).blockTags.push(tag);
      }
    }
  });
}
