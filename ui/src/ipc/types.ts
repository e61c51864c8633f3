// Names of the contract's types. Screens import them from here, so that a change of the generator stays here.
export type * from "./bindings";
