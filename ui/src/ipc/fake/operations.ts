import type { OperationDetail, OperationsPage } from "../types";
import { refuse } from "./faults";
import type { World } from "./world";

const pageSize = 50;

/** One operation. */
export function find(world: World, id: string): OperationDetail {
  const card = world.operations.get(id);
  if (!card) refuse("operationNotFound");
  return { card, steps: [], balanceBefore: null, mark: null, taken: null, doubles: [], deal: null };
}

/** A page of the operations, newest first. */
export function page(world: World, before: string | null): OperationsPage {
  const all = [...world.operations.values()].reverse();
  const start = before === null ? 0 : all.findIndex((one) => one.id === before) + 1;
  const rows = all.slice(start, start + pageSize);
  return { rows, next: start + pageSize < all.length ? (rows.at(-1)?.id ?? null) : null };
}
