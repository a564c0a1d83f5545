interface PasswordRule {
  readonly text: string;
  readonly passes: (password: string) => boolean;
}

export const passwordRules: readonly PasswordRule[] = [
  { text: "at least ten characters", passes: (password) => [...password].length >= 10 },
  { text: "at least six different characters", passes: (password) => new Set(password).size >= 6 },
  { text: "letters and something else", passes: (password) => /\p{L}/u.test(password) && /[^\p{L}]/u.test(password) },
];

export function meetsAll(password: string): boolean {
  return passwordRules.every(({ passes }) => passes(password));
}
