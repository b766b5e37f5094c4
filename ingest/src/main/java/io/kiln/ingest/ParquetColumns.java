package io.kiln.ingest;

import io.kiln.ingest.ParquetColumn.Kind;
import io.kiln.ingest.ParquetColumn.RowImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/**
 * Which columns of a table hold images: those that the configuration names, or else the one column
 * that can. Structs go before plain bytes, plain bytes before lists; of several of a kind, the one
 * with a usual name is taken.
 *
 * @param schema of these columns alone
 * @param columns in the table's order
 */
record ParquetColumns(MessageType schema, List<ParquetColumn> columns) {
    private static final List<String> USUAL =
            List.of(
                    "image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp", "bytes",
                    "images");

    /**
     * @param named names from the configuration, empty to find the column
     * @throws IngestException if no column can hold images, several can, or a named one cannot;
     *     with what there is
     */
    static ParquetColumns of(MessageType table, List<String> named) {
        List<Type> chosen =
                named.isEmpty()
                        ? List.of(only(table))
                        : table.getFields().stream()
                                .filter(type -> named.contains(type.getName()))
                                .toList();
        List<ParquetColumn> columns =
                chosen.stream().map(type -> ParquetColumn.of(requireImages(type, table))).toList();
        for (String name : named) {
            if (!table.containsField(name)) {
                throw new IngestException(
                        "the table has no column \""
                                + name
                                + "\" (ingest.parquetColumns); its columns are "
                                + names(table));
            }
        }
        List<Type> types = columns.stream().map(ParquetColumn::type).toList();
        return new ParquetColumns(new MessageType(table.getName(), types), columns);
    }

    private static Type requireImages(Type type, MessageType table) {
        if (Kind.of(type) == Kind.OTHER) {
            throw new IngestException(
                    "column \""
                            + type.getName()
                            + "\" (ingest.parquetColumns) cannot hold images; expected bytes, a"
                            + " struct with a field \"bytes\", or a list of either. The columns are "
                            + names(table));
        }
        return type;
    }

    private static Type only(MessageType table) {
        for (Kind kind : List.of(Kind.STRUCT, Kind.BYTES, Kind.LIST)) {
            List<Type> found =
                    table.getFields().stream().filter(type -> Kind.of(type) == kind).toList();
            if (found.size() == 1) {
                return found.get(0);
            }
            if (!found.isEmpty()) {
                return usual(found, table);
            }
        }
        throw new IngestException(
                "no column of the table can hold images; expected bytes, a struct with a field"
                        + " \"bytes\", or a list of either. Its columns are "
                        + names(table));
    }

    private static Type usual(List<Type> found, MessageType table) {
        for (String name : USUAL) {
            for (Type type : found) {
                if (type.getName().toLowerCase(Locale.ROOT).equals(name)) {
                    return type;
                }
            }
        }
        throw new IngestException(
                "more than one column of the table can hold images: "
                        + found.stream().map(Type::getName).toList()
                        + "; name those to send in ingest.parquetColumns. Its columns are "
                        + names(table));
    }

    private static List<String> names(MessageType table) {
        List<String> names = new ArrayList<>();
        for (Type type : table.getFields()) {
            names.add(
                    type.getName()
                            + " ("
                            + (type.isPrimitive()
                                    ? type.asPrimitiveType().getPrimitiveTypeName()
                                    : "group")
                            + ")");
        }
        return names;
    }

    /** For messages. */
    String names() {
        return String.join(", ", columns.stream().map(ParquetColumn::name).toList());
    }

    /**
     * The images of a row, at least one. Of several columns, each image's name begins with that of
     * its column.
     */
    List<RowImage> images(Group row) {
        List<RowImage> images = new ArrayList<>();
        for (ParquetColumn column : columns) {
            for (RowImage image : column.images(row)) {
                images.add(columns.size() == 1 ? image : of(column, image));
            }
        }
        return images.isEmpty() ? List.of(new RowImage("", Optional.empty())) : images;
    }

    private static RowImage of(ParquetColumn column, RowImage image) {
        String name = image.name().isEmpty() ? column.name() : column.name() + "/" + image.name();
        return new RowImage(name, image.content());
    }
}
