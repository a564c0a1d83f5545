import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"];

/** Where Chromium is on this machine: `CHROMIUM_PATH`, or one of Debian's places. */
export function chromiumPath(): string {
  const path = [process.env.CHROMIUM_PATH, ...PLACES].find((place) => place !== undefined && existsSync(place));
  if (path === undefined) {
    throw new Error("Chromium is missing. Install it: apt-get install chromium-headless-shell, or set CHROMIUM_PATH.");
  }
  return path;
}

/** A real browser that talks to nobody but the page under test. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"],
  });
}
