import type { OperationCard } from "../types";
import { now } from "./clock";
import type { World } from "./world";

/** Writes an operation down. */
export function operate(world: World, given: Partial<OperationCard>): OperationCard {
  const card: OperationCard = {
    id: `op-${world.number()}`,
    act: "payFromBalance",
    invoice: null,
    pieces: null,
    sats: null,
    fiat: null,
    counterparty: null,
    since: now(),
    state: "unknown",
    looks: 0,
    payment: null,
    fault: null,
    settled: null,
    account: world.current ?? "",
    ...given,
  };
  world.operations.set(card.id, card);
  world.tell([{ kind: "operation", id: card.id }, { kind: "app" }]);
  return card;
}

/** Looks for what was lost until it is found or proven absent. */
export function look(world: World, id: string, settle: () => Partial<OperationCard>): void {
  setTimeout(() => {
    const card = world.operations.get(id);
    if (!card || card.state !== "unknown") return;
    const next: OperationCard = { ...card, looks: card.looks + 1, ...(card.looks >= 2 ? { ...settle(), settled: now() } : {}) };
    world.operations.set(id, next);
    world.tell([{ kind: "operation", id }, { kind: "app" }]);
    look(world, id, settle);
  }, world.scenario.pace);
}

/** Where answers are lost: the operation of an act that needs no money, found or proven absent after some looks. */
export function lost(world: World, given: Partial<OperationCard>, keep: () => void): OperationCard | null {
  const { reply } = world.scenario;
  if (reply !== "lostFound" && reply !== "lostAbsent") return null;
  const card = operate(world, given);
  look(world, card.id, () => {
    if (reply === "lostAbsent") return { state: "provenAbsent" };
    keep();
    return { state: "done" };
  });
  return card;
}
