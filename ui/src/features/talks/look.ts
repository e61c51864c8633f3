import { lang, t } from "../../i18n/words.svelte";
import type { PictureCard, TalkLine } from "../../ipc/types";
import { sizeText } from "../../lib/size";

/** A picture to look at. */
export interface Look {
  id: string;
  /** Whose it is, in words; a stranger's name in it is one line. */
  label: string;
  /** When it was sent, as the contract writes times. */
  at: string | null;
  state: PictureCard["state"];
  width: number;
  height: number;
  bytes: string;
  /** It has not been sent yet: nothing to save. */
  unsent: boolean;
}

/** A picture of which only the id is known. */
export function bare(id: string, label: string): Look {
  return { id, label, at: null, state: "here", width: 0, height: 0, bytes: "0", unsent: false };
}

/** `1600 × 1200, 312 KiB`, as far as it is known. */
export function sizeOf({ width, height, bytes }: Pick<Look, "width" | "height" | "bytes">): string {
  if (width === 0 || height === 0) return "";
  const pixels = `${String(width)} × ${String(height)}`;
  return bytes === "0" ? pixels : `${pixels}, ${sizeText(BigInt(bytes), t().evidence.size, lang())}`;
}

/** Pictures of some lines, in their order. */
export function looks(lines: readonly TalkLine[], label: (line: TalkLine) => string): Look[] {
  return lines.flatMap((line) =>
    line.pictures.map(({ id, state, width, height, bytes }) => ({
      id,
      label: label(line),
      at: line.created,
      state,
      width,
      height,
      bytes,
      unsent: false,
    })),
  );
}
