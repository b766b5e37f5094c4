package io.kiln.schemas;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for the answers of a broker, and says so where they take long. */
public final class BrokerWait {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerWait.class);
    private static final long SILENT_SECONDS = 2;

    private BrokerWait() {}

    /**
     * An answer. Logs a warning once it takes longer than two seconds.
     *
     * @param address of the broker: kafka.bootstrapServers
     * @throws ExecutionException with the failure, a time-out of the client among them
     */
    public static <T> T answer(KafkaFuture<T> future, String address)
            throws ExecutionException, InterruptedException {
        try {
            return future.get(SILENT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.warn("waiting for a broker at {} ...", address);
            return future.get();
        }
    }
}
