/** `multipart/form-data`, read back by the parser of Node's `Response`. */
import { fc } from '../../test/kits/properties.js';
import { multipart } from './multipart.js';

async function bytesOf({ content }: ReturnType<typeof multipart>): Promise<Buffer> {
  if (content instanceof Uint8Array) return Buffer.from(content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What another implementation reads. */
async function parsed(form: FormData): Promise<FormData> {
  const encoded = multipart(form);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- it keeps forms in memory, and these are small
  return new Response(await bytesOf(encoded), { headers: { 'content-type': encoded.type } }).formData();
}

function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, `${name}.bin`);
  }
  return form;
}

describe('multipart/form-data (RFC 7578)', () => {
  it('has one part a field, in order, and an end', async () => {
    const form = formOf({ a: '1', b: 'é' });
    form.append('a', '2');
    const text = (await bytesOf(multipart(form, 'X'))).toString();
    const part = (name: string, value: string): string =>
      `--X\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    expect(text).toBe(`${part('a', '1')}${part('b', 'é')}${part('a', '2')}--X--\r\n`);
  });

  it('has the name and the type of a file', async () => {
    const form = new FormData();
    form.append('file', new File(['hello'], 'a "b".txt', { type: 'text/plain' }));
    form.append('raw', new Blob(['x']));
    const text = (await bytesOf(multipart(form, 'X'))).toString();
    expect(text).toContain('name="file"; filename="a %22b%22.txt"\r\ncontent-type: text/plain\r\n\r\nhello\r\n--X');
    expect(text).toContain('name="raw"; filename="blob"\r\ncontent-type: application/octet-stream\r\n\r\nx\r\n--X');
  });

  it('makes a form without files at once, and an empty form too', () => {
    expect(multipart(formOf({ a: '1' })).content).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(multipart(new FormData(), 'X').content as Uint8Array).toString()).toBe('--X--\r\n');
  });

  it.each(['a"; filename="b', 'a\r\ncontent-type: text/html\r\n\r\n', 'a\rb', 'a\nb'])(
    'does not let a name write a header: %j',
    async (name) => {
      const text = (await bytesOf(multipart(formOf({ [name]: '' }), 'X'))).toString();
      expect(text.split('\r\n')).toHaveLength(6);
      expect(text.split('\r\n')[1]!.split('"')).toHaveLength(3);
    },
  );

  it('does not let the type of a file write a header', async () => {
    const form = new FormData();
    const file = new File(['x'], 'a');
    Object.defineProperty(file, 'type', { value: 'text/plain\r\nx-forged: 1' });
    form.append('a', file);
    // The form makes a copy of the file, whose type is checked: this is what a form of another implementation gives.
    const forged = {
      *[Symbol.iterator]() {
        yield ['a', file] as const;
      },
    } as unknown as FormData;
    expect((await bytesOf(multipart(forged, 'X'))).toString()).not.toContain('x-forged');
  });

  it('has a boundary of its own each time', () => {
    const boundaries = Array.from({ length: 50 }, () => multipart(new FormData()).type);
    expect(new Set(boundaries).size).toBe(50);
    for (const each of boundaries) expect(each).toMatch(/^multipart\/form-data; boundary=rxpaf-[\w-]{24}$/);
  });

  it('reads files again each time', async () => {
    const encoded = multipart(formOf({ a: new Blob(['hello']) }));
    expect(await bytesOf(encoded)).toEqual(await bytesOf(encoded));
  });

  it('is read back as it was, and has the length that it announces', async () => {
    // Names and values in the form that the parser of Node gives them.
    const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((each) =>
      Buffer.from(each)
        .toString()
        .replace(/[\r\n"%]/g, '-'),
    );
    const field = fc.tuple(text, fc.oneof(text, fc.uint8Array({ maxLength: 300 })));
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 20 }), async (fields) => {
        const form = new FormData();
        for (const [name, value] of fields) {
          if (typeof value === 'string') form.append(name, value);
          else form.append(name, new Blob([value]), `${name}.bin`);
        }
        const encoded = multipart(form);
        expect((await bytesOf(encoded)).length).toBe(encoded.length);
        const read = async (from: FormData): Promise<unknown[]> =>
          Promise.all(
            [...from].map(async ([name, value]) =>
              typeof value === 'string'
                ? [name, value]
                : [name, value.name, Buffer.from(await value.arrayBuffer()).toString('hex')],
            ),
          );
        expect(await read(await parsed(form))).toEqual(await read(form));
      }),
      { numRuns: 60 },
    );
  });
});
