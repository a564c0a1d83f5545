export interface Chapter {
  readonly name: string;
  readonly title: string;
  /** What the second column holds. */
  readonly measure: string;
  readonly rows: readonly (readonly [name: string, size: number])[];
}

/** Stands for a database that takes its time. */
export const CHAPTERS: readonly Chapter[] = [
  {
    name: "rivers",
    title: "Rivers",
    measure: "Length in km",
    rows: [
      ["Nile", 6650],
      ["Amazon", 6400],
      ["Yangtze", 6300],
      ["Mississippi–Missouri", 6275],
    ],
  },
  {
    name: "mountains",
    title: "Mountains",
    measure: "Height in m",
    rows: [
      ["Mount Everest", 8849],
      ["K2", 8611],
      ["Kangchenjunga", 8586],
      ["Lhotse", 8516],
    ],
  },
  {
    name: "lakes",
    title: "Lakes",
    measure: "Area in km²",
    rows: [
      ["Caspian Sea", 371000],
      ["Superior", 82100],
      ["Victoria", 68870],
      ["Huron", 59600],
    ],
  },
];

export const CHAPTER_NAMES = CHAPTERS.map(({ name }) => name);
