package io.kiln.kafka;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import io.kiln.config.TopicsConfig;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The parts of Kiln, each with the least that its login needs to be allowed on the brokers. */
public enum Part {
    /** {@code kiln topics create}. */
    TOPICS(
            topics ->
                    all(topics)
                            .map(topic -> Grant.topic(topic, CREATE, DESCRIBE, DESCRIBE_CONFIGS))
                            .toList()),

    /** {@code kiln ingest}; reading and the group serve {@code --run} alone. */
    INGEST(
            topics ->
                    List.of(
                            Grant.topic(topics.images(), READ, WRITE),
                            Grant.groups("kiln-ingest-", READ))),

    /** The masking job. */
    MASKING(
            topics ->
                    List.of(
                            Grant.topic(topics.images(), READ),
                            Grant.topic(topics.sparseBatches(), READ, WRITE),
                            Grant.topic(topics.deadLetters(), WRITE),
                            Grant.topic(topics.holdout(), WRITE),
                            Grant.groups("kiln-masking:", READ),
                            Grant.groups("kiln-masker:", READ),
                            Grant.transactions("kiln-masker:"),
                            Grant.transactions("kiln-sparse-batches:"),
                            Grant.transactions("kiln-dead-letters:"),
                            Grant.transactions("kiln-holdout:"))),

    /** The training job. */
    TRAINING(
            topics ->
                    Stream.concat(
                                    Stream.of(
                                            Grant.topic(topics.sparseBatches(), READ),
                                            Grant.topic(topics.checkpoints(), READ, WRITE),
                                            Grant.topic(topics.trainingSteps(), READ, WRITE),
                                            Grant.groups("kiln-training:", READ),
                                            Grant.groups("kiln-trainer:", READ),
                                            Grant.transactions("kiln-trainer:"),
                                            Grant.transactions("kiln-sink:")),
                                    topics.trainers() == 1
                                            ? Stream.of()
                                            : Stream.of(Grant.topic(topics.updates(), READ, WRITE)))
                            .toList()),

    /** The evaluation job. */
    EVALUATION(
            topics ->
                    List.of(
                            Grant.topic(topics.checkpoints(), READ),
                            Grant.topic(topics.holdout(), READ),
                            Grant.topic(topics.evaluations(), READ, WRITE),
                            Grant.groups("kiln-evaluation:", READ),
                            Grant.groups("kiln-evaluator:", READ),
                            Grant.transactions("kiln-evaluator:"),
                            Grant.transactions("kiln-evaluations:"))),

    /** The verbs that only look: status, watch, checkpoints list and best, audit, dlq list. */
    LOOKING(
            topics ->
                    Stream.of(
                                    all(topics).map(topic -> Grant.topic(topic, READ)),
                                    Stream.of(topics.images(), topics.sparseBatches())
                                            .map(topic -> Grant.topic(topic, DESCRIBE_CONFIGS)),
                                    Stream.of("kiln-masking:", "kiln-training:", "kiln-evaluation:")
                                            .map(prefix -> Grant.groups(prefix, DESCRIBE)))
                            .flatMap(grants -> grants)
                            .toList()),

    /** The verbs that change something: checkpoints promote and revoke, dlq replay. */
    CHANGING(
            topics ->
                    List.of(
                            Grant.topic(topics.checkpoints(), READ, WRITE),
                            Grant.topic(topics.evaluations(), READ),
                            Grant.topic(topics.deadLetters(), READ, WRITE),
                            Grant.topic(topics.images(), WRITE),
                            Grant.transactions("kiln-dlq-replay-"))),

    /** A service that follows the versions: the clients for the JVM and for Python. */
    SUBSCRIBER(
            topics ->
                    List.of(
                            Grant.topic(topics.checkpoints(), READ),
                            Grant.groups("kiln-client-", READ)));

    private final Function<TopicsConfig, List<Grant>> grants;

    Part(Function<TopicsConfig, List<Grant>> grants) {
        this.grants = grants;
    }

    /** What the part needs, with these names of topics. */
    public List<Grant> grants(TopicsConfig topics) {
        return grants.apply(topics);
    }

    private static Stream<String> all(TopicsConfig topics) {
        return KilnTopics.of(topics).all().stream().map(topic -> topic.name());
    }
}
