export {
  /** Tells where a consumer group is in a topic, and how far behind. */
  consumerGroupOffsets,
} from './consumer-group-offsets.ts'
export {
  /** Makes a topic that must be new. */
  createTopic,
} from './create-topic.ts'
export {
  /** Deletes a topic with its records. */
  deleteTopic,
} from './delete-topic.ts'
export {
  /** Tells the partitions of a topic, and who has them. */
  describeTopic,
} from './describe-topic.ts'
export {
  /** Tells where the partitions of a topic begin and end, and where a time is in them. */
  listOffsets,
} from './list-offsets.ts'
export {
  /** Tells the names of all topics. */
  listTopics,
} from './list-topics.ts'
export {
  /** Lets the listeners of a group hand out nothing more for now; they stay its members. */
  pausePartitions,
} from './pause-partitions.ts'
export {
  /** Moves a consumer group that is not running to other positions. */
  resetOffsets,
} from './reset-offsets.ts'
export {
  /** Lets the listeners of a group go on. */
  resumePartitions,
} from './resume-partitions.ts'
