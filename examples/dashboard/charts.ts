import { scaleLinear } from "d3-scale";
import { curveMonotoneX, line } from "d3-shape";

/** A drawing that is stretched to its place: as many units wide as it has steps, and 100 high. */
export interface LineChart {
  readonly width: number;
  /** The `d` of the line, and of the area below it. */
  readonly line: string;
  readonly area: string;
  /** Lines across, from the lowest up: the value, and how far down it lies, in percent. */
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Values in steps of the same length, against a scale that begins at 0. */
export function lineChart(values: readonly number[], top: number): LineChart {
  const y = scaleLinear([0, Math.max(top, ...values)], [100, 0]).nice(2);
  const draw = line<number>(
    (_value, step) => step,
    (value) => y(value),
  )
    .curve(curveMonotoneX)
    .digits(2);
  const drawn = draw(values) ?? "";
  return {
    width: Math.max(1, values.length - 1),
    line: drawn,
    area: drawn === "" ? "" : `${drawn}V100H0Z`,
    ticks: y.ticks(2).map((value) => ({ value, y: round(y(value)) })),
  };
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value as it is written. */
  readonly text: string;
  /** Percent of the longest that there can be. */
  readonly width: number;
}

const NUMBER = new Intl.NumberFormat("en-GB");

/** @param top What a bar of full length stands for. */
export function bars(values: readonly (readonly [name: string, value: number])[], top: number): Bar[] {
  const x = scaleLinear([0, Math.max(1, top, ...values.map(([, value]) => value))], [0, 100]);
  return values.map(([name, value]) => ({ name, value, text: NUMBER.format(value), width: round(x(value)) }));
}
