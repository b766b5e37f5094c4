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
import org.junit.jupiter.api.io.TempDir;

/**
 * Ingest and the masking job are killed in the middle of a folder, of 400 pictures, or of as many
 * as -Dkiln.killed.images=5000 says.
 */
class KilledInAFolderIT {
    private static final int IMAGES = Integer.getInteger("kiln.killed.images", 400);
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Test
    void startedAgainTheyBringEachPictureIntoOneView(@TempDir Path folder) throws Exception {
        Path pictures = FaultInput.write(folder.resolve("pictures"), 0, IMAGES);
        try (FaultDeployment deployment = FaultDeployment.start(folder)) {
            FaultDeployment.Settings settings =
                    deployment.settings("masking.views=1", "masking.flushAfter=1s");
            KilnConfig config = settings.config();
            Target masking = Target.submit(deployment, "masking", settings);
            try (Tail<Long> sent =
                            new Tail<>(
                                    config,
                                    config.topics().images(),
                                    config.topics().imagePartitions(),
                                    record -> record.offset());
                    Tail<List<String>> batches = views(config)) {
                killInTheMiddle(deployment.startIngest(settings, pictures, "--run", "r"), sent);
                Launcher.Running again = deployment.startIngest(settings, pictures, "--run", "r");
                batches.await("a third", PATIENCE, found -> images(found) >= IMAGES / 3);
                masking.worker().kill();
                assertThat(images(batches.all())).as("views before").isLessThan(IMAGES);
                assertThat(again.await(PATIENCE).exitCode()).isZero();
                List<List<String>> all =
                        batches.await("all views", PATIENCE, found -> images(found) >= IMAGES);
                masking.cancel();

                assertThat(sent.all()).as("images sent").hasSize(IMAGES);
                assertThat(all.stream().flatMap(List::stream))
                        .hasSize(IMAGES)
                        .doesNotHaveDuplicates();
                Proof.assertComplete(config);
            }
        }
    }

    private static void killInTheMiddle(Launcher.Running ingest, Tail<Long> sent)
            throws InterruptedException {
        Awaitility.await("a tenth of the images")
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> sent.all().size() >= IMAGES / 10);
        ingest.process().destroyForcibly().waitFor();
        assertThat(sent.all().size()).as("images sent before").isLessThan(IMAGES);
    }

    /** The identities of the images of each batch. */
    private static Tail<List<String>> views(KilnConfig config) {
        RecordDeserializer<SparseBatch> batch =
                new RecordDeserializer<>(Clients.registry(config), SparseBatch.class);
        return new Tail<>(
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
