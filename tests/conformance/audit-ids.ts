/** Audits that run through every door. An id is only taken off, or given to something else, on purpose. */
export const EVERY_DOOR =
  "R1.3 R1.4 R1.8 R1.13 R1.14 R1.15 R1.16 C2.1 C2.2 C2.3 C2.4 C2.5 C2.6 C2.7 C2.8 A3.2 A3.3 A3.4 A3.5 A3.6 A3.7 A3.14 A3.16 A3.20 A3.21 A3.22 A3.31 A3.9 A3.10 A3.11 A3.12 A3.13 A3.23 A3.24 A3.26 A3.27 F9.1 F9.2 F9.3 F9.4 F9.5 F9.6 F9.7 F9.8 F9.9 F9.14 F9.10 F9.11 F9.12 F9.13 F9.20 F9.21 F9.22 F9.30 F9.31 F9.32 F9.33 F9.34 F9.40 F9.41 F9.42 F9.43 F9.44 F9.45 F9.46 F9.47 F9.48 F9.49 F9.50".split(
    " ",
  );

/** Audits of what only HTTP has: methods, headers, bodies, pages, cookies. */
export const ONLY_HTTP =
  "R1.1 R1.2 R1.5 R1.6 R1.7 R1.9 R1.10 R1.11 R1.12 R1.17 A3.1 A3.8 A3.15 A3.32 A3.33 A3.17 A3.18 A3.19 A3.34 A3.35 A3.36 A3.37 A3.38 A3.39 A3.29 A3.30 N4.1 N4.2 N4.3 N4.4 N4.5 N4.6 N4.7 N4.8 N4.9 N4.10 X7.1 X7.2 X7.3 X7.4 X7.5 X7.6 X7.7 F9.60 F9.61 F9.62 F9.63 F9.64".split(
    " ",
  );
