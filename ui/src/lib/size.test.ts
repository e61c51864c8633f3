import { expect, test } from "vitest";
import { en } from "../i18n/en";
import { ru } from "../i18n/ru";
import { sizeText } from "./size";

test("a size is said in the unit that suits it, never smaller than it is", () => {
  const words = en.evidence.size;
  expect(sizeText(0n, words, "en")).toBe("0 B");
  expect(sizeText(1023n, words, "en")).toBe("1023 B");
  expect(sizeText(1025n, words, "en")).toBe("2 KiB");
  expect(sizeText(1_048_576n, words, "en")).toBe("1.0 MiB");
  expect(sizeText(1_048_577n, words, "en")).toBe("1.1 MiB");
  expect(sizeText(1_572_864n, ru.evidence.size, "ru")).toBe("1,5 МиБ");
});
