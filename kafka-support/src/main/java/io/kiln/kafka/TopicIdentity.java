package io.kiln.kafka;

import io.kiln.config.KilnConfig;
import io.kiln.schemas.BrokerException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The id that the broker gave a topic when it was made. A topic made again has another one. */
final class TopicIdentity implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicIdentity.class);

    private final KilnConfig config;
    private final String topic;
    private final String advice;
    private final Admin admin;

    /**
     * @param advice how to go on with another topic, a sentence
     * @throws BrokerException if no broker answers within kafka.connectTimeout
     */
    TopicIdentity(KilnConfig config, String topic, String advice) {
        this.config = config;
        this.topic = topic;
        this.advice = advice;
        this.admin = Clients.admin(config);
    }

    /**
     * The topic's id now.
     *
     * @throws BrokerException if no broker answers, or it has no such topic
     */
    String current() {
        Map<String, TopicDescription> found =
                Clients.answer(admin.describeTopics(List.of(topic)).allTopicNames(), config);
        return found.values().iterator().next().topicId().toString(); // of the one asked for
    }

    /**
     * Requires that the topic is still the one of this id. A broker that does not answer says
     * nothing about it: what cannot be asked now is asked before the next checkpoint, and a
     * checkpoint cannot be committed without a broker.
     *
     * @throws NonRecoverableJobException if it is another one now
     */
    void require(String id) {
        String now;
        try {
            now = current();
        } catch (BrokerException e) {
            LOG.warn("whether {} is still the same topic is not known: {}", topic, e.getMessage());
            return;
        }
        if (!now.equals(id)) {
            throw new NonRecoverableJobException(
                    "topic "
                            + topic
                            + " is not the one that this job's state was made with (its id was "
                            + id
                            + " and is "
                            + now
                            + "): it was deleted and made again, or the configuration names another topic or"
                            + " another broker than before. The offsets of the state mean other records, and nothing"
                            + " read from this topic was published. If the configuration is wrong, set it back. "
                            + advice);
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
