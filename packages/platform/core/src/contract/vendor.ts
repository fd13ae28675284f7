/** Carries a vendor's type without a value. */
export interface VendorType<T> {
  readonly vendorType?: T | undefined
}

/** States the vendor's own request type: `vendor: vendor<PutObjectCommandInput>()`. */
export function vendor<T>(): VendorType<T> {
  return {}
}
