export { azureSettings } from './azure-settings.ts'
