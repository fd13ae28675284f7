const grouped = new Intl.NumberFormat('en-US')

/** `199,995` */
export function count(value: number): string {
  return grouped.format(value)
}

/** `4.2` */
export function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}

/** `112 MiB` */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`
}

/** A word of a command line, quoted for a POSIX shell where it needs to be. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
