import type { Page } from "playwright-core";
import type { ScenarioName } from "../ipc/fake/scenarios";

/** A state of a screen worth a picture, in both languages and both themes, and worth checking for everyone's use. */
export interface Shot {
  /** Name of the picture, unique among all screens. */
  name: string;
  /** Path after the hash, for instance `/pay/88`. */
  route: string;
  /** The world it is taken in. */
  scenario: ScenarioName;
  /** CSS selector that says the screen is there. */
  ready?: string;
  /** What to do before the picture. */
  act?: (page: Page) => Promise<void>;
}
