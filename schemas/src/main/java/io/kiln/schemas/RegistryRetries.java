package io.kiln.schemas;

import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.io.Serializable;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a registry again while it does not answer or answers 5xx, until a timeout, and logs what it
 * waits for.
 *
 * @param url of the registry, for messages
 * @param login user and password, of which messages show the user; empty without
 * @param timeout how long to wait
 */
record RegistryRetries(String url, String login, Duration timeout) implements Serializable {
    /** How long to wait before the second attempt; each further wait is twice as long. */
    static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(SchemaRegistry.class);

    /** Asks the registry. */
    interface Call<T> {
        T run() throws IOException, RestClientException;
    }

    /**
     * Asks until the registry answers, or the timeout passes.
     *
     * @param what is asked for, for messages: an infinitive
     * @throws SchemaRegistryException if the registry stays unavailable or refuses
     */
    <T> T run(String what, Call<T> call) {
        long deadline = System.nanoTime() + timeout.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                return call.run();
            } catch (RestClientException e) {
                if (e.getStatus() < 500) {
                    throw new SchemaRegistryException(
                            "the registry at "
                                    + url
                                    + " refused to "
                                    + what
                                    + ": "
                                    + e.getMessage()
                                    + (e.getStatus() == 401 || e.getStatus() == 403
                                            ? deniedTo()
                                            : ""),
                            e);
                }
                pause = waitOrGiveUp(what, e, deadline, pause);
            } catch (IOException e) {
                requireTrust(e);
                pause = waitOrGiveUp(what, e, deadline, pause);
            }
        }
    }

    private String deniedTo() {
        return "; it was asked by "
                + user()
                + ". Check the login: basic.auth.user.info or bearer.auth.token in registry.properties, or"
                + " user:password@ in registry.url";
    }

    private String user() {
        try {
            String resolved = SecretReferences.resolve("registry: basic.auth.user.info", login);
            int colon = resolved.indexOf(':');
            return colon > 0 ? "user " + resolved.substring(0, colon) : "a client without user";
        } catch (SecretReferenceException e) {
            return "a user whose name is not known here (" + e.getMessage() + ")";
        }
    }

    /** No time mends a certificate that is not trusted. */
    private void requireTrust(IOException failure) {
        if (failure instanceof SSLException
                && failure.getCause() instanceof CertificateException untrusted) {
            throw new SchemaRegistryException(
                    "TLS with the schema registry at "
                            + url
                            + " failed: "
                            + untrusted.getMessage()
                            + ". Check ssl.truststore.location in registry.properties, and the host in registry.url",
                    failure);
        }
    }

    private Duration waitOrGiveUp(String what, Exception reason, long deadline, Duration pause) {
        if (System.nanoTime() + pause.toNanos() > deadline) {
            throw new SchemaRegistryException(
                    "the schema registry at "
                            + url
                            + " did not "
                            + what
                            + " within "
                            + timeout.toSeconds()
                            + " s ("
                            + reason.getMessage()
                            + "); is it running, and is registry.url right?",
                    reason);
        }
        return pause(what + ": " + reason.getMessage(), pause);
    }

    /** Waits, and returns how long to wait the next time. */
    Duration pause(String what, Duration pause) {
        LOG.warn("waiting for the schema registry at {} to {}", url, what);
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SchemaRegistryException(
                    "interrupted while waiting for the schema registry at " + url, e);
        }
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }
}
