/**
 * Tables as text: a specification that is read as one, and run. The first line names the columns, which ` | ` is between; a `|`
 * without a space on both sides is a mark of a diagram.
 */
export function rowsOf(table: string): Readonly<Record<string, string>>[] {
  const [first, ...lines] = table.trim().split('\n');
  const columns = cellsOf(first!);
  return lines.map((line) => {
    const cells = cellsOf(line);
    if (cells.length !== columns.length)
      throw new SyntaxError(`${columns.length} columns, and a row of ${cells.length}: ${line}`);
    return Object.fromEntries(cells.map((cell, index) => [columns[index]!, cell]));
  });
}

function cellsOf(line: string): string[] {
  return ` ${line} `.split(/ \| /).map((cell) => cell.trim());
}
