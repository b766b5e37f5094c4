package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.config.TopicsConfig;
import io.kiln.config.TopicsConfig.ImageFormat;
import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.Evaluation;
import io.kiln.schemas.ImageRecord;
import io.kiln.schemas.SchemaRegistry;
import io.kiln.schemas.SparseBatch;
import io.kiln.schemas.Topic;
import io.kiln.schemas.TopicCatalogue;
import io.kiln.schemas.TrainingStep;
import io.kiln.schemas.Update;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;

/** The topics that a configuration names. */
public final class KilnTopics {
    private KilnTopics() {}

    /** The topics with their partitions, retention and schemas. */
    public static TopicCatalogue of(TopicsConfig topics) {
        return new TopicCatalogue(
                new Topic(
                        topics.images(),
                        topics.imagePartitions(),
                        topics.retention(),
                        topics.imageFormat() == ImageFormat.RAW
                                ? null
                                : ImageRecord.getClassSchema()),
                new Topic(topics.deadLetters(), 1, topics.retention(), null),
                new Topic(
                        topics.sparseBatches(),
                        topics.batchPartitions(),
                        topics.retention(),
                        SparseBatch.getClassSchema()),
                new Topic(
                        topics.trainingSteps(),
                        1,
                        topics.retention(),
                        TrainingStep.getClassSchema()),
                new Topic(topics.checkpoints(), 1, null, CheckpointEvent.getClassSchema()),
                new Topic(topics.holdout(), 1, topics.retention(), SparseBatch.getClassSchema()),
                new Topic(topics.evaluations(), 1, null, Evaluation.getClassSchema()),
                topics.trainers() == 1
                        ? Optional.empty()
                        : Optional.of(
                                new Topic(
                                        topics.updates(),
                                        1,
                                        topics.retention(),
                                        Update.getClassSchema())));
    }

    /**
     * Creates what is missing of the topics and registers their schemas.
     *
     * @return names of the topics created
     * @throws io.kiln.schemas.BrokerException if the broker does not answer within
     *     kafka.connectTimeout, or refuses
     * @throws io.kiln.schemas.SchemaRegistryException if the registry does not answer or refuses
     */
    public static List<String> create(KilnConfig config) {
        SchemaRegistry registry = Clients.registry(config);
        try (Admin admin = Clients.admin(config)) {
            return of(config.topics()).create(admin, config.topics().replication(), registry);
        }
    }
}
