// The engraving of the seal: bands of waves around a circle, as on old bank notes. Drawn once, used by every seal.

/** A closed wavy ring around (50, 50): `waves` crests of height `swing` on a circle of `radius`, turned by `turn`. */
export function ring(radius: number, swing: number, waves: number, turn: number): string {
  const steps = waves * 12;
  const points: string[] = [];
  for (let at = 0; at < steps; at += 1) {
    const angle = (2 * Math.PI * at) / steps;
    const r = radius + swing * Math.cos(waves * angle + turn);
    const x = (50 + r * Math.cos(angle)).toFixed(2);
    const y = (50 + r * Math.sin(angle)).toFixed(2);
    points.push(`${x} ${y}`);
  }
  return `M${points.join("L")}Z`;
}

/** The full engraving: an outer and an inner band. */
export const fine: readonly string[] = [
  ...[0, 1, 2, 3].map((k) => ring(40, 5.2, 26, (k * Math.PI) / 2)),
  ...[0, 1, 2].map((k) => ring(30.5, 3.2, 20, (k * 2 * Math.PI) / 3)),
];

/** The engraving for small sizes: fewer, wider waves that stay apart at 26 pixels. */
export const coarse: readonly string[] = [ring(40, 4.6, 14, 0), ring(40, 4.6, 14, Math.PI)];
