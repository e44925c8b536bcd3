/** A member of a list of connections. */
export interface Listed {
  /** Its index in the list: only the list reads or writes it. */
  place: number;
}

/**
 * Some thousands of things that come and go, in no order. Each knows its place, so that one of ten thousand is found as quickly as one of
 * ten. An entry does not keep others alive, as the old tables of a Set do (see ../streams.ts).
 * @internal
 */
export class ConnectionList<T extends Listed> {
  private readonly members: T[] = [];

  get size(): number {
    return this.members.length;
  }

  /** A connection is on one list at a time. */
  add(member: T): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Does nothing if it is not there. */
  delete(member: T): void {
    const { members } = this;
    const { place } = member;
    if (members[place] !== member) return;
    const last = members.pop()!;
    if (last === member) return;
    members[place] = last;
    last.place = place;
  }

  /** All of them as they are now: the result may be walked while they are removed. */
  all(): T[] {
    return [...this.members];
  }
}
