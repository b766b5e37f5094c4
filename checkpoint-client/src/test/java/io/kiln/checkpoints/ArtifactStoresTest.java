package io.kiln.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.schemas.CheckpointEvent;
import io.kiln.schemas.CheckpointFile;
import io.kiln.schemas.FileRole;
import io.kiln.schemas.TestRecords;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArtifactStoresTest {
    @TempDir Path folder;

    private final byte[] content = {1, 2, 3};
    private ArtifactStores stores;

    @BeforeEach
    void allowOneStore() throws Exception {
        Files.createDirectories(folder.resolve("store/tiny"));
        stores =
                ArtifactStores.only(
                        List.of(URI.create("s3://bucket"), folder.resolve("store").toUri()));
    }

    private static CheckpointEvent event(CheckpointFile file) {
        return TestRecords.event("tiny", "run-1", 4, 40).setFiles(List.of(file)).build();
    }

    private CheckpointEvent eventOf(Path stored) throws Exception {
        return event(TestRecords.encoder(Files.write(stored, content), content));
    }

    @Test
    void fileOfAStoreIsFetched() throws Exception {
        CheckpointEvent event = eventOf(folder.resolve("store/tiny/encoder"));
        assertThat(stores.fetch(event, FileRole.ENCODER, folder.resolve("got")))
                .hasBinaryContent(content);
    }

    @Test
    void fileElsewhereIsRefusedUnlessAnyPlaceWillDo() throws Exception {
        CheckpointEvent event = eventOf(folder.resolve("store-of-another"));
        Path got = folder.resolve("got");
        assertThatThrownBy(() -> stores.fetch(event, FileRole.ENCODER, got))
                .isInstanceOf(ArtifactMismatchException.class)
                .hasMessageContaining("store-of-another is outside the artifact stores")
                .hasMessageContaining("s3://bucket");
        assertThat(got).doesNotExist();
        assertThat(ArtifactStores.ANY.fetch(event, FileRole.ENCODER, got))
                .hasBinaryContent(content);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "STORE/../secret",
                "STORE/%2e%2e/secret",
                "STORE/a/../../secret",
                "http://host/store/secret",
                "s3://bucket-of-another/secret",
                "s3:secret",
                "not a uri"
            })
    void wayOutOfAStoreIsRefused(String uri) {
        String out = uri.replace("STORE", folder.resolve("store").toUri().toString());
        CheckpointFile file = new CheckpointFile(FileRole.ENCODER, out, "x", 3L, "0".repeat(64));
        assertThatThrownBy(() -> stores.fetch(event(file), FileRole.ENCODER, folder))
                .isInstanceOf(ArtifactMismatchException.class)
                .hasMessageStartingWith(out + " is outside the artifact stores");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/data/artifacts", "file:artifacts", "mailto:a@b"})
    void storeMustBeTheUriOfAFolder(String uri) {
        assertThatThrownBy(() -> ArtifactStores.only(List.of(URI.create(uri))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("artifact store: " + uri + " is not allowed");
    }
}
