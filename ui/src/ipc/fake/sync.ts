import type { SyncCard } from "../types";
import { ago, now } from "./clock";
import type { World } from "./world";

const step = 1250;

/** Taking over the history of payments, a piece in each pace. */
export class Sync {
  private state: SyncCard["state"];
  private readonly first: boolean;
  private taken: number;
  private finished: string | null;

  constructor(private readonly world: World) {
    const { sync } = world.scenario;
    this.first = sync === "first" || sync === "firstStopped" || sync === "firstWaiting";
    this.state = sync === "first" ? "running" : sync === "firstStopped" ? "stopped" : sync === "firstWaiting" ? "waiting" : sync;
    this.taken = this.first ? 12_480 : 0;
    this.finished = this.first ? null : ago(3);
  }

  /** Starts the clockwork; once. */
  begin(): void {
    setTimeout(() => {
      this.advance();
      this.begin();
    }, this.world.scenario.pace);
  }

  private advance(): void {
    if (this.state !== "running" || !this.first) return;
    this.taken += step;
    if (this.taken >= 100_000) {
      this.taken = 100_000;
      this.state = "done";
      this.finished = now();
    }
    this.world.tell([{ kind: "app" }, { kind: "payments" }]);
  }

  /** How many of `all` older payments are here. */
  reach(all: number): number {
    return this.first ? Math.min(all, this.taken) : all;
  }

  stop(): void {
    if (this.state === "running" || this.state === "waiting") this.state = "stopped";
    this.world.tell([{ kind: "app" }]);
  }

  go(): void {
    if (this.state === "stopped") this.state = "running";
    this.world.tell([{ kind: "app" }]);
  }

  /** Last finished, or the last reading before it. */
  asOf(): string | null {
    return this.world.scenario.connection === "connected" ? (this.finished ?? now()) : ago(12);
  }

  card(connected: boolean): SyncCard {
    return {
      state: this.state === "waiting" && connected ? "running" : this.state,
      first: this.first && this.finished === null,
      taken: this.taken,
      oldest: this.first ? ago(6 * 24 * 60 + this.taken * 23) : null,
      asOf: this.finished,
    };
  }
}
