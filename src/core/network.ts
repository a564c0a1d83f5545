/** IPv4 written as IPv6, with its last half in either spelling. */
const MAPPED = /^::ffff:(?:(\d+(?:\.\d+){3})|([\da-f]{1,4}):([\da-f]{1,4}))$/;

function unmapped(address: string): string {
  const [, dotted, high, low] = MAPPED.exec(address) ?? [];
  if (high === undefined || low === undefined) return dotted ?? address;
  return [high, low].flatMap((pair) => [Number.parseInt(pair, 16) >> 8, Number.parseInt(pair, 16) & 255]).join(".");
}

/**
 * The part of a network address that stands for one customer: IPv4 as it is, IPv6 by its first 64 bits, because one
 * household or server gets that many addresses to choose from.
 */
export function networkOf(ip: string): string {
  const address = unmapped(ip.toLowerCase());
  if (!address.includes(":")) return address;
  const [front = "", back] = address.split("%", 1)[0]?.split("::") ?? [];
  const before = front === "" ? [] : front.split(":");
  const after = back === undefined || back === "" ? [] : back.split(":");
  const zeros = back === undefined ? [] : Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
