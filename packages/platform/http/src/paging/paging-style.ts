/** How an API hands out its records in pages. Paths are those of `jsonPath`. */
export type PagingStyle =
  /** All at once. */
  | { readonly style: 'none' }
  /** `?page=3`: read until a page is empty, or until `lastPagePath` says so. */
  | {
      readonly style: 'page'
      /** Default `page`. */
      readonly pageParameter?: string | undefined
      /** Sends the page size wanted under this name. Default: none is sent. */
      readonly sizeParameter?: string | undefined
      /** Number of the first page. Default 1. */
      readonly firstPage?: number | undefined
      /** Where an answer tells the number of the last page. */
      readonly lastPagePath?: string | undefined
    }
  /** `?offset=200`: read until a page is empty, or until `totalPath` records are read. */
  | {
      readonly style: 'offset'
      /** Default `offset`. */
      readonly offsetParameter?: string | undefined
      readonly sizeParameter?: string | undefined
      /** Where an answer tells how many records there are in all. */
      readonly totalPath?: string | undefined
    }
  /** `?cursor=…` from the answer before; no cursor is the end. */
  | {
      readonly style: 'cursor'
      /** Default `cursor`. */
      readonly cursorParameter?: string | undefined
      /** Where an answer tells the next cursor. */
      readonly cursorPath: string
      readonly sizeParameter?: string | undefined
      /** Where an answer tells, true or false, whether there is more. */
      readonly morePath?: string | undefined
    }
  /** `Link: <…>; rel="next"` (RFC 8288). */
  | { readonly style: 'link'; readonly sizeParameter?: string | undefined }
  /** The address of the next page in the answer. */
  | { readonly style: 'next_url'; readonly urlPath: string; readonly sizeParameter?: string | undefined }

/** Where to go on reading; plain JSON data. None of the fields means the beginning. */
export interface PageCursor {
  readonly page?: number | undefined
  /** The page size that `page` counts in: going on with another would skip or repeat records. */
  readonly size?: number | undefined
  readonly offset?: number | undefined
  readonly cursor?: string | number | undefined
  readonly url?: string | undefined
  /** The end was reached. */
  readonly end?: true | undefined
}
