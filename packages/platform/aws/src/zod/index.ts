export { awsSettings } from './aws-settings.ts'
