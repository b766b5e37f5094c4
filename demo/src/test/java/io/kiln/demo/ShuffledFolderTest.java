package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.ingest.ImageSource;
import io.kiln.ingest.Origin;
import io.kiln.ingest.Refusal;
import io.kiln.operations.OperationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShuffledFolderTest {
    @TempDir private Path folder;

    @Test
    void allFilesComeInAnotherOrderThatIsTheSameEachTime() throws Exception {
        Path below = Files.createDirectories(folder.resolve("below"));
        for (int i = 0; i < 40; i++) {
            Files.writeString((i % 2 == 0 ? folder : below).resolve("f" + (10 + i)), "x");
        }
        ImageSource source = ShuffledFolder.of(folder);
        List<String> first = visit(source);
        assertThat(first)
                .hasSize(40)
                .doesNotHaveDuplicates()
                .isNotEqualTo(first.stream().sorted().toList());
        assertThat(visit(source)).isEqualTo(first);
    }

    @Test
    void hiddenFilesArePassedOverAndNewOnesFound() throws Exception {
        Files.writeString(folder.resolve("seen"), "x");
        Files.writeString(folder.resolve(".hidden"), "x");
        Files.writeString(Files.createDirectories(folder.resolve(".git")).resolve("config"), "x");
        ImageSource source = ShuffledFolder.of(folder);
        assertThat(visit(source)).hasSize(1);
        Files.writeString(folder.resolve("new"), "x");
        assertThat(visit(source)).hasSize(2);
    }

    @Test
    void linksInACircleEnd() throws Exception {
        Files.writeString(folder.resolve("file"), "x");
        Files.createSymbolicLink(folder.resolve("again"), folder);
        assertThat(visit(ShuffledFolder.of(folder))).hasSize(1);
    }

    @Test
    void aMissingAndAnEmptyFolderAreToldApart() throws IOException {
        assertThatThrownBy(() -> ShuffledFolder.of(folder.resolve("none")))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("none: does not exist");
        Files.createDirectories(folder.resolve("deep").resolve("deeper"));
        assertThatThrownBy(() -> ShuffledFolder.of(folder))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("holds no files");
    }

    private static List<String> visit(ImageSource source) throws InterruptedException {
        List<String> names = new ArrayList<>();
        source.visit(
                new ImageSource.Visitor() {
                    @Override
                    public void candidate(Origin origin, InputStream content) {
                        names.add(origin.name());
                    }

                    @Override
                    public void refused(Refusal refusal) {}

                    @Override
                    public void hidden() {}

                    @Override
                    public void consumed(long inputBytes) {}
                });
        return names;
    }
}
