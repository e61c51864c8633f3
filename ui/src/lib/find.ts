// Ctrl-F belongs to the screen in sight: it says where its search is.

let focus: (() => void) | null = null;

/** This screen can be searched; until the returned function is called. For `$effect`. */
export function findable(put: () => void): () => void {
  focus = put;
  return () => {
    if (focus === put) focus = null;
  };
}

/** Puts the focus into the search of the screen; false when it has none. */
export function find(): boolean {
  if (focus === null) return false;
  focus();
  return true;
}
