import type { DraftPicture, DraftPictures, Fault, PictureCard } from "../types";
import { fault, refuse } from "./faults";
import type { World } from "./world";

const max = 10;

interface Kept extends DraftPicture {
  /** Size in full. */
  full: { width: number; height: number; bytes: number };
}

const drafts = new WeakMap<World, Map<string, { pictures: Kept[]; failed: DraftPictures["failed"] }>>();

function draftOf(world: World, talk: string): { pictures: Kept[]; failed: DraftPictures["failed"] } {
  const all = drafts.get(world) ?? new Map<string, { pictures: Kept[]; failed: DraftPictures["failed"] }>();
  drafts.set(world, all);
  const found = all.get(talk) ?? { pictures: [], failed: [] };
  all.set(talk, found);
  return found;
}

/** As it would be sent: the long side at most 1600 pixels, unless in full size. */
function sized(one: Kept, fullSize: boolean): Kept {
  const { width, height, bytes } = one.full;
  const long = Math.max(width, height);
  const shrink = fullSize || long <= 1600 ? 1 : 1600 / long;
  return {
    ...one,
    width: Math.round(width * shrink),
    height: Math.round(height * shrink),
    bytes: String(Math.round(bytes * shrink * shrink)),
    fullSize,
    canChangeSize: long > 1600,
  };
}

function keep(world: World, talk: string, name: string, fullSize: boolean): Kept {
  const draft = draftOf(world, talk);
  const number = world.number();
  const size = Number(number) % 2 === 0 ? { width: 4032, height: 3024, bytes: 2_190_000 } : { width: 1200, height: 1600, bytes: 311_000 };
  const made: Kept = sized(
    { id: `draft-${number}`, name, width: 0, height: 0, bytes: "0", fullSize, canChangeSize: false, full: size },
    fullSize,
  );
  draft.pictures = [...draft.pictures, made];
  return made;
}

function card({ id, name, width, height, bytes, fullSize, canChangeSize }: Kept): DraftPicture {
  return { id, name, width, height, bytes, fullSize, canChangeSize };
}

/** Pictures of a draft. */
export function list(world: World, talk: string): DraftPictures {
  const { pictures, failed } = draftOf(world, talk);
  return { pictures: pictures.map(card), failed, max };
}

/** Names that end oddly stand for files that cannot be opened. */
function opens(name: string): boolean {
  return /\.(jpe?g|png|webp|gif|bmp|tiff?)$/i.test(name);
}

function kindOf(name: string): Partial<Fault> {
  return /\.heic$/i.test(name) ? { values: { kind: "HEIC" } } : {};
}

/** Takes files into a draft. */
export function add(world: World, talk: string, names: string[], fullSize: boolean): DraftPictures {
  const draft = draftOf(world, talk);
  draft.failed = [];
  for (const name of names) {
    if (draft.pictures.length >= max) draft.failed.push({ name, fault: fault("tooManyPictures", { values: { max: String(max) } }) });
    else if (!opens(name)) draft.failed.push({ name, fault: fault("pictureUnsupported", kindOf(name)) });
    else keep(world, talk, name, fullSize);
  }
  return list(world, talk);
}

/** Takes a pasted one. */
export function paste(world: World, talk: string, name: string, bytes: Uint8Array, fullSize: boolean): DraftPicture {
  if (draftOf(world, talk).pictures.length >= max) refuse("tooManyPictures", { values: { max: String(max) } });
  if (!opens(name)) refuse("pictureUnsupported", kindOf(name));
  if (bytes.length < 8) refuse("pictureDamaged");
  return card(keep(world, talk, name, fullSize));
}

/** Takes one out. */
export function remove(world: World, talk: string, id: string): DraftPictures {
  const draft = draftOf(world, talk);
  if (!draft.pictures.some((one) => one.id === id)) refuse("pictureNotFound");
  draft.pictures = draft.pictures.filter((one) => one.id !== id);
  return list(world, talk);
}

/** Whether one goes in full size. */
export function setFull(world: World, talk: string, id: string, full: boolean): DraftPictures {
  const draft = draftOf(world, talk);
  draft.pictures = draft.pictures.map((one) => (one.id === id ? sized(one, full) : one));
  return list(world, talk);
}

/** The pictures of a message that is sent; the draft has them no more. */
export function take(world: World, talk: string, ids: string[]): PictureCard[] {
  const draft = draftOf(world, talk);
  const taken = ids.map((id) => {
    const found = draft.pictures.find((one) => one.id === id);
    if (!found) refuse("pictureNotFound");
    return found;
  });
  draft.pictures = draft.pictures.filter((one) => !ids.includes(one.id));
  draft.failed = [];
  return taken.map(({ id, width, height, bytes }) => ({ id, mine: true, state: "here" as const, width, height, bytes }));
}

/** A drawing that stands for a picture: its colours come from its id. */
export function drawing(id: string, width: number, height: number): string {
  const seed = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const back = `hsl(${String(seed)} 32% 72%)`;
  const hill = `hsl(${String((seed + 40) % 360)} 30% 46%)`;
  const sun = `hsl(${String((seed + 190) % 360)} 60% 86%)`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" viewBox="0 0 160 120" preserveAspectRatio="xMidYMid slice">` +
    `<rect width="160" height="120" fill="${back}"/><circle cx="112" cy="38" r="16" fill="${sun}"/>` +
    `<path d="M0 92 L44 48 L78 86 L108 62 L160 104 V120 H0 Z" fill="${hill}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
