import { describe, expect, it } from "vitest";
import { ago, dayKey, dayLabel, duration, instant } from "./time";

const noon = new Date(2026, 1, 3, 12, 0, 0).getTime();
const HOUR = 3_600_000;

describe("days", () => {
  it("are today, yesterday, then named, with the year when it is another", () => {
    expect(dayLabel(noon, noon, "en")).toBe("Today");
    expect(dayLabel(noon - 13 * HOUR, noon, "en")).toBe("Yesterday");
    expect(dayLabel(noon - 13 * HOUR, noon, "ru")).toBe("Вчера");
    expect(dayLabel(noon - 48 * HOUR, noon, "ru")).toMatch(/^Воскресенье, 1 февраля$/);
    expect(dayLabel(noon - 48 * HOUR, noon, "en")).not.toContain("2026");
    expect(dayLabel(noon - 400 * 24 * HOUR, noon, "en")).toContain("2024");
  });

  it("begin at midnight of this computer", () => {
    const midnight = new Date(2026, 1, 3).getTime();
    expect(dayKey(midnight)).toBe(dayKey(noon));
    expect(dayKey(midnight - 1)).not.toBe(dayKey(noon));
  });
});

describe("durations", () => {
  it("have their two largest units", () => {
    expect(duration(5, "en")).toBe("5\u00a0s");
    expect(duration(65, "en")).toBe("1\u00a0min 05\u00a0s");
    expect(duration(3600 + 5 * 60, "en")).toBe("1\u00a0h 05\u00a0min");
    expect(duration(2 * 86_400 + 3 * 3600, "ru")).toBe("2\u00a0д 3\u00a0ч");
    expect(duration(-5, "ru")).toBe("0\u00a0с");
  });
});

describe("the past", () => {
  it("is told in words of the language", () => {
    expect(ago(noon - 10_000, noon, "en")).toBe("now");
    expect(ago(noon - 5 * 60_000, noon, "en")).toBe("5 minutes ago");
    expect(ago(noon - 5 * 60_000, noon, "ru")).toBe("5 минут назад");
    expect(ago(noon - 2 * 60_000, noon, "ru")).toBe("2 минуты назад");
  });
});

describe("times", () => {
  it("that are none are none", () => {
    expect(instant("2026-02-03T12:00:00Z")).toBe(Date.UTC(2026, 1, 3, 12));
    for (const text of [null, undefined, "", "soon"]) expect(instant(text)).toBeNull();
  });
});
