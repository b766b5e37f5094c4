package io.kiln.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics that connect Kiln's parts.
 *
 * @param images encoded images
 * @param deadLetters images that could not be used
 * @param sparseBatches masked batches, one partition a trainer
 * @param trainingSteps optimiser steps
 * @param checkpoints checkpoint events
 * @param holdout images that are never trained on
 * @param evaluations figures of versions on held-out images
 * @param updates what several trainers have changed; empty for one trainer, which needs none
 */
public record TopicCatalogue(
        Topic images,
        Topic deadLetters,
        Topic sparseBatches,
        Topic trainingSteps,
        Topic checkpoints,
        Topic holdout,
        Topic evaluations,
        Optional<Topic> updates) {
    private static final int SECONDS_FOR_THE_BROKER = 30;

    /** All topics, in the order of the pipeline. */
    public List<Topic> all() {
        return Stream.concat(
                        Stream.of(
                                images,
                                deadLetters,
                                sparseBatches,
                                trainingSteps,
                                checkpoints,
                                holdout,
                                evaluations),
                        updates.stream())
                .toList();
    }

    /** Those without which no run works: two are for evaluation alone. */
    public List<Topic> required() {
        return Stream.concat(
                        Stream.of(images, deadLetters, sparseBatches, trainingSteps, checkpoints),
                        updates.stream())
                .toList();
    }

    /**
     * Creates the topics that are missing, and registers the schemas of all under BACKWARD
     * compatibility. Leaves existing topics alone, so it may be called any number of times.
     *
     * @return names of the topics created, in the order of the pipeline
     * @throws BrokerException if the broker cannot be reached, refuses, or a topic exists with
     *     other partitions
     * @throws SchemaRegistryException if the registry cannot be reached or refuses a schema
     */
    public List<String> create(Admin admin, int replication, SchemaRegistry registry) {
        Set<String> existing = names(admin);
        requireSamePartitions(admin, existing);
        List<String> created = new ArrayList<>();
        for (Topic topic : all()) {
            if (!existing.contains(topic.name())
                    && create(admin, topic.toNewTopic(replication, maxRecordBytes(topic)))) {
                created.add(topic.name());
            }
        }
        for (Topic topic : all()) {
            if (topic.value() != null) {
                registry.requireCompatibility(topic.subject(), "BACKWARD");
                registry.register(topic.subject(), topic.value());
            }
        }
        return List.copyOf(created);
    }

    private static Set<String> names(Admin admin) {
        return await("list the topics", admin.listTopics().names());
    }

    private void requireSamePartitions(Admin admin, Set<String> existing) {
        List<String> known = all().stream().map(Topic::name).filter(existing::contains).toList();
        Map<String, TopicDescription> found =
                await("describe topics " + known, admin.describeTopics(known).allTopicNames());
        for (Topic topic : all()) {
            TopicDescription description = found.get(topic.name());
            if (description != null && description.partitions().size() != topic.partitions()) {
                throw new BrokerException(
                        "topic "
                                + topic.name()
                                + " exists with "
                                + description.partitions().size()
                                + " partitions where the configuration says "
                                + topic.partitions()
                                + "; change the configuration, or the topic with Kafka's own tools");
            }
        }
    }

    private int maxRecordBytes(Topic topic) {
        return topic.equals(deadLetters) ? Topic.MAX_DEAD_LETTER_BYTES : Topic.MAX_RECORD_BYTES;
    }

    private static boolean create(Admin admin, NewTopic topic) {
        try {
            await("create topic " + topic.name(), admin.createTopics(List.of(topic)).all());
            return true;
        } catch (BrokerException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            if (e.getCause() instanceof TopicAuthorizationException) {
                throw new BrokerException(
                        String.valueOf(e.getMessage()),
                        new TopicAuthorizationException(Set.of(topic.name())));
            }
            throw e;
        }
    }

    private static <T> T await(String what, org.apache.kafka.common.KafkaFuture<T> future) {
        try {
            return future.get(SECONDS_FOR_THE_BROKER, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new BrokerException(
                    "the broker did not " + what + ": " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new BrokerException(
                    "the broker did not " + what + " within " + SECONDS_FOR_THE_BROKER + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException("interrupted while waiting for the broker to " + what, e);
        }
    }
}
