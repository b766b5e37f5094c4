package io.kiln.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * Which column of a table holds images: a struct with a field {@code bytes}, as Hugging Face's
 * {@code Image} feature is stored, or else a column of bytes that is no text. Of several, one that
 * has a usual name.
 *
 * @param schema of that column alone
 * @param column its name
 * @param struct whether its bytes are in a field
 */
record ParquetImages(MessageType schema, String column, boolean struct) {
    private static final String BYTES = "bytes";
    private static final String PATH = "path";
    private static final List<String> USUAL =
            List.of("image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp", BYTES);

    /**
     * @throws IngestException if none is one, or several are; with what there is
     */
    static ParquetImages of(MessageType table) {
        List<Type> structs = table.getFields().stream().filter(ParquetImages::isImage).toList();
        List<Type> found =
                structs.isEmpty()
                        ? table.getFields().stream().filter(ParquetImages::isBytes).toList()
                        : structs;
        Type column = one(found, table);
        Type needed = structs.isEmpty() ? column : withoutOthers(column.asGroupType());
        return new ParquetImages(
                new MessageType(table.getName(), needed), column.getName(), !structs.isEmpty());
    }

    private static Type one(List<Type> found, MessageType table) {
        if (found.size() == 1) {
            return found.get(0);
        }
        Optional<Type> usual =
                USUAL.stream()
                        .flatMap(
                                name ->
                                        found.stream()
                                                .filter(
                                                        type ->
                                                                type.getName()
                                                                        .toLowerCase(Locale.ROOT)
                                                                        .equals(name)))
                        .findFirst();
        return usual.orElseThrow(
                () ->
                        new IngestException(
                                (found.isEmpty() ? "no column" : "more than one column")
                                        + " of the table can hold images; expected one struct with a field"
                                        + " \"bytes\", or one column of bytes, or one of them called \"image\"."
                                        + " Its columns are "
                                        + names(table)));
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

    private static boolean isImage(Type type) {
        return !type.isPrimitive()
                && !type.isRepetition(Repetition.REPEATED)
                && type.asGroupType().containsField(BYTES)
                && isBytes(type.asGroupType().getType(BYTES));
    }

    private static boolean isBytes(Type type) {
        return type.isPrimitive()
                && !type.isRepetition(Repetition.REPEATED)
                && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
                && !isText(type);
    }

    private static boolean isText(Type type) {
        return type.getLogicalTypeAnnotation() != null
                && !(type.getLogicalTypeAnnotation()
                        instanceof LogicalTypeAnnotation.BsonLogicalTypeAnnotation);
    }

    private static Type withoutOthers(GroupType struct) {
        List<Type> fields = new ArrayList<>();
        fields.add(struct.getType(BYTES));
        if (struct.containsField(PATH)
                && struct.getType(PATH).isPrimitive()
                && struct.getType(PATH).asPrimitiveType().getPrimitiveTypeName()
                        == PrimitiveTypeName.BINARY) {
            fields.add(struct.getType(PATH));
        }
        return struct.withNewFields(fields);
    }

    /** The image of a row, if it has one. */
    Optional<byte[]> bytes(Group row) {
        String field = struct ? BYTES : column;
        return holder(row)
                .filter(group -> group.getFieldRepetitionCount(field) > 0)
                .map(group -> group.getBinary(field, 0).getBytesUnsafe());
    }

    /** What the row calls its image, if it does. */
    Optional<String> path(Group row) {
        return holder(row)
                .filter(group -> struct && group.getType().containsField(PATH))
                .filter(group -> group.getFieldRepetitionCount(PATH) > 0)
                .map(group -> group.getString(PATH, 0))
                .filter(path -> !path.isBlank());
    }

    private Optional<Group> holder(Group row) {
        if (!struct) {
            return Optional.of(row);
        }
        return row.getFieldRepetitionCount(column) == 0
                ? Optional.empty()
                : Optional.of(row.getGroup(column, 0));
    }
}
