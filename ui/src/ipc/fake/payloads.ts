// Text that strangers could send to deceive the eye or the page: as many different ones as a test asks for.

const markup = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "<svg onload=alert(1)><a href='https://evil.example'>x</a></svg>",
  "<a href=\"https://evil.example\">pay here</a>",
  "<iframe src=https://evil.example></iframe>",
  "<style>*{display:none}</style>",
  "<b onmouseover=alert(1)>bold</b>",
  "<math><mtext></mtext></math><input autofocus onfocus=alert(1)>",
  "{@html '<b>x</b>'} {{7*7}} ${7*7}",
  "[pay](javascript:alert(1)) ![x](https://evil.example/t.png)",
  "**bold** # heading \n| a | b |\n```js\nalert(1)\n```",
  "javascript:alert(1) data:text/html,<script>alert(1)</script> file:///etc/passwd",
  "https://bank.example@evil.example/ https://evil.example\\@bank.example",
  "https://аррӏе.example/pay https://xn--80ak6aa92e.example",
  "http://[::1]:80/ ftp://evil.example mailto:a@evil.example",
  "pаypal Аpple gооgle mісrоsоft",
  "\u202Eecivni ruoy yap\u202C",
  "\u2066\u2067\u2068abc\u2069\u2069\u2069",
  "a\u200Bb\u200Cc\u200Dd\uFEFFe\u2060f\u00ADg",
  "\u0000\u0001\u001B[31mred\u001B[0m\u0007",
  `Z${"\u0336\u0489\u0300\u0301\u0302".repeat(20)}algo`,
  "\u200E".repeat(600),
  "very-long-word-without-any-break-".repeat(25),
  "\ud800 lone \udfff halves",
  "\u{e0041}\u{e0042} tags \u{f0000} private",
  "&lt;b&gt; &#x202e; &nbsp; %3Cscript%3E \\u003cscript\\u003e",
  "0.002 400 00 BTC  Paid. The receipt is verified.",
  "مرحبا 123 שלום 456 <b>",
  "\u3164\uFFA0\u115F\u17B4",
  "line\r\nline\u2028line\u2029line\u0085line",
];

const around: ((text: string, at: number) => string)[] = [
  (text) => text,
  (text) => `Hello, ${text}`,
  (text) => `${text} thank you.`,
  (text) => `"'><${text}`,
  (text) => `\u2067${text}`,
  (text, at) => `${text} https://shop-${String(at)}.example/a?b=${encodeURIComponent(text.slice(0, 4).replace(/[\ud800-\udfff]/g, ""))}`,
  (text) => text.repeat(2),
  (text) => `(${text})\n${text}`,
  (text) => `a\u0336${text}\u202D`,
  (text) => text.toUpperCase(),
];

/** The payload of this number; the same number is the same text. At most 1000 UTF-16 units, as a message is. */
export function payload(at: number): string {
  const text = markup[at % markup.length] ?? "";
  const wrap = around[Math.floor(at / markup.length) % around.length] ?? ((one: string) => one);
  const twice = Math.floor(at / (markup.length * around.length));
  const both = wrap(text, at) + (twice === 0 ? "" : ` ${markup[(at * 7 + twice) % markup.length] ?? ""}`);
  return `${both.slice(0, 990)} ${String(at)}`;
}
