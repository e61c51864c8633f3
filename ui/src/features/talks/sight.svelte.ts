// Which conversation is in sight: what is said in it needs no announcement beside it.
let talk = $state<string | null>(null);

/** The conversation in sight; reactive. */
export function inSight(): string | null {
  return talk;
}

/** This conversation is in sight until the returned function is called. For `$effect`. */
export function look(id: string): () => void {
  talk = id;
  return () => {
    if (talk === id) talk = null;
  };
}
