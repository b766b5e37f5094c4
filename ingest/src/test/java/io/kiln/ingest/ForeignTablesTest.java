package io.kiln.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.ingest.Refusal.Reason;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that pyarrow wrote (resources/parquet/make.py): image n is one pixel of grey n. */
class ForeignTablesTest {
    private static Path table(String name) {
        return Path.of("src/test/resources/parquet", name).toAbsolutePath();
    }

    private static Found found(String name, String... columns) throws InterruptedException {
        return Found.in(PathSource.of(table(name)), List.of(columns));
    }

    private static List<Integer> values(Found found) throws IOException {
        List<Integer> values = new ArrayList<>();
        for (byte[] image : found.candidates.values()) {
            BufferedImage decoded = ImageIO.read(new ByteArrayInputStream(image));
            values.add(decoded.getRaster().getSample(0, 0, 0));
        }
        return values;
    }

    private static List<String> rows(Found found) {
        return found.candidates.keySet().stream()
                .map(name -> name.substring(name.indexOf('!') + 1))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"empty-first,6", "empty-middle,9"})
    void rowGroupsWithoutRowsHideNoRows(String name, int rows) throws Exception {
        Found found = found(name + ".parquet");
        assertThat(found.refusals).isEmpty();
        assertThat(values(found)).hasSize(rows).isSorted();
        assertThat(rows(found).get(rows - 1)).isEqualTo(rows - 1 + "/" + (rows - 1) + ".png");
    }

    @Test
    void tableWithoutRowsIsEmptyAndNotBroken() throws Exception {
        Found found = found("empty-only.parquet");
        assertThat(found.candidates).isEmpty();
        assertThat(found.refusals).isEmpty();
    }

    @Test
    void everyImageOfAListIsFound() throws Exception {
        Found found = found("list.parquet");
        assertThat(rows(found)).containsExactly("0/0/0.png", "0/1/1.png", "3/0/2.png");
        assertThat(values(found)).containsExactly(0, 1, 2);
        assertThat(found.refusals)
                .extracting(refusal -> refusal.origin().name())
                .containsExactly(table("list.parquet") + "!1", table("list.parquet") + "!2");
    }

    @Test
    void severalColumnsAreTakenByName() throws Exception {
        Found unnamed = found("two.parquet");
        assertThat(unnamed.candidates).isEmpty();
        assertThat(unnamed.refusals)
                .singleElement()
                .asString()
                .contains("[left, right]", "ingest.parquetColumns");
        assertThat(values(found("two.parquet", "right"))).containsExactly(2, 3);
        Found both = found("two.parquet", "right", "left");
        assertThat(rows(both))
                .containsExactly("0/left/0.png", "0/right/2.png", "1/left/1.png", "1/right/3.png");
    }

    @Test
    void columnThatDoesNotExistIsRefusedWithThoseThatDo() throws Exception {
        assertThat(found("two.parquet", "top").refusals)
                .singleElement()
                .asString()
                .contains("no column \"top\"", "left (group)", "right (group)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "lz4"})
    void moreCodecsAreRead(String codec) throws Exception {
        Found found = found(codec + ".parquet");
        assertThat(found.refusals).isEmpty();
        assertThat(values(found)).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void codecThatIsNotReadIsNamed() throws Exception {
        assertThat(found("brotli.parquet").refusals)
                .singleElement()
                .asString()
                .contains("compressed with BROTLI");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "2.0"})
    void manySmallPagesAreReadInOrder(String version) throws Exception {
        Found found = found("pages-" + version + ".parquet");
        assertThat(found.refusals).isEmpty();
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            expected.add(i % 40);
        }
        assertThat(values(found)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "2.0"})
    void pagesWithoutValuesHideNoImagesOfLists(String version) throws Exception {
        Found found = found("list-pages-" + version + ".parquet");
        assertThat(found.refusals).isEmpty();
        assertThat(values(found)).hasSize(50).isSorted();
        assertThat(rows(found)).last().isEqualTo("9/4/49.png");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stream.arrow", "file.arrow"})
    void arrowTablesAreNamed(String name) throws Exception {
        Found found = found(name);
        assertThat(found.reasons()).containsExactly(Reason.UNREADABLE);
        assertThat(found.refusals.get(0).detail()).contains("an Arrow table", "Dataset.to_parquet");
    }
}
