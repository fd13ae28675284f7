import { invalidInput } from '@casare/core'
import type * as Ldapts from 'ldapts'
import type { Filter } from 'ldapts'
import { filterLimits, type FilterInput } from './filter.ts'

type Library = typeof Ldapts

/**
 * A filter as the library sends it (RFC 4511, 4.5.1.7): values go out as octets beside their operators.
 * @throws `invalid_input` where it is nested too deeply, or has too many conditions.
 */
export function toFilter(library: Library, input: FilterInput): Filter {
  let conditions = 0
  const build = (one: FilterInput, depth: number): Filter => {
    conditions += 1
    if (depth > filterLimits.depth || conditions > filterLimits.conditions)
      throw invalidInput(
        `The filter is too large: at most ${filterLimits.depth} levels and ${filterLimits.conditions} conditions.`,
      )
    const all = (list: readonly FilterInput[]): Filter[] => list.map((inner) => build(inner, depth + 1))
    if ('and' in one) return new library.AndFilter({ filters: all(one.and) })
    if ('or' in one) return new library.OrFilter({ filters: all(one.or) })
    if ('not' in one) return new library.NotFilter({ filter: build(one.not, depth + 1) })
    return leaf(library, one)
  }
  return build(input, 1)
}

function leaf(
  library: Library,
  one: Exclude<FilterInput, { and: unknown } | { or: unknown } | { not: unknown }>,
): Filter {
  const pair = ([attribute, value]: readonly [string, string]) => ({ attribute, value })
  if ('present' in one) return new library.PresenceFilter({ attribute: one.present })
  if ('equals' in one) return new library.EqualityFilter(pair(one.equals))
  if ('approximately' in one) return new library.ApproximateFilter(pair(one.approximately))
  if ('greaterOrEqual' in one) return new library.GreaterThanEqualsFilter(pair(one.greaterOrEqual))
  if ('lessOrEqual' in one) return new library.LessThanEqualsFilter(pair(one.lessOrEqual))
  if ('startsWith' in one)
    return new library.SubstringFilter({ attribute: one.startsWith[0], initial: one.startsWith[1] })
  if ('contains' in one) return new library.SubstringFilter({ attribute: one.contains[0], any: [one.contains[1]] })
  if ('endsWith' in one) return new library.SubstringFilter({ attribute: one.endsWith[0], final: one.endsWith[1] })
  const { attribute, rule, value } = one.matches
  return new library.ExtensibleFilter({ matchType: attribute, rule, value })
}
