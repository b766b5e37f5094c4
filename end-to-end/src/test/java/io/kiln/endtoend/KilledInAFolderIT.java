package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.config.KilnConfig;
import io.kiln.kafka.Clients;
import io.kiln.schemas.ImageOrigin;
import io.kiln.schemas.RecordDeserializer;
import io.kiln.schemas.SparseBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills ingest and the masking job while they work on a folder of 400 images, or of as many as
 * -Dkiln.killed.images=5000 says.
 */
@ExtendWith(SharedDeployment.class)
class KilledInAFolderIT {
    private static final int IMAGES = Integer.getInteger("kiln.killed.images", 1000);
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    @Test
    void afterARestartEachImageIsInExactlyOneBatch(@TempDir Path folder, FaultDeployment deployment)
            throws Exception {
        Path pictures = FaultInput.write(folder.resolve("pictures"), 0, IMAGES);
        deployment.awaitIdle();
        FaultDeployment.Settings settings =
                deployment.settings("killed", "masking.views=1", "masking.flushAfter=1s");
        KilnConfig config = settings.config();
        Target masking = Target.submit(deployment, "masking", settings);
        try (TopicFollower<Long> sent =
                        new TopicFollower<>(
                                config,
                                config.topics().images(),
                                config.topics().imagePartitions(),
                                record -> record.offset());
                TopicFollower<List<String>> batches = views(config)) {
            killMidRun(deployment.startIngest(settings, pictures, "--run", "r"), sent);
            Launcher.Running again = deployment.startIngest(settings, pictures, "--run", "r");
            batches.await("a third", TIMEOUT, found -> images(found) >= IMAGES / 3);
            masking.worker().kill();
            assertThat(images(batches.all())).as("views before").isLessThan(IMAGES);
            assertThat(again.await(TIMEOUT).exitCode()).isZero();
            List<List<String>> all =
                    batches.await("all views", TIMEOUT, found -> images(found) >= IMAGES);
            masking.cancel();

            assertThat(sent.all()).as("images sent").hasSize(IMAGES);
            assertThat(all.stream().flatMap(List::stream)).hasSize(IMAGES).doesNotHaveDuplicates();
            RunAssertions.assertMasked(config);
        }
    }

    private static void killMidRun(Launcher.Running ingest, TopicFollower<Long> sent)
            throws InterruptedException {
        Awaitility.await("a twentieth of the images")
                .atMost(TIMEOUT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> sent.all().size() >= IMAGES / 20);
        ingest.process().destroyForcibly().waitFor();
        assertThat(sent.all().size()).as("images sent before").isLessThan(IMAGES);
    }

    /** Follows the batches; the values are the identities of their images. */
    private static TopicFollower<List<String>> views(KilnConfig config) {
        RecordDeserializer<SparseBatch> batch =
                new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        return new TopicFollower<>(
                config,
                config.topics().sparseBatches(),
                1,
                record ->
                        batch.read(record.value()).getImages().stream()
                                .map(ImageOrigin::getImageId)
                                .toList());
    }

    private static int images(List<List<String>> batches) {
        return batches.stream().mapToInt(List::size).sum();
    }
}
