// The functions of libav that are called here, each found in the library when it is first used.
//
// Nothing links libavformat. It brings more than a hundred libraries (x265, librsvg, OpenSSL, ...) whose relocations and
// initialisers take 30 ms of CPU and 20 MB of memory: a relay that serves RTMP, or waits for its publisher, is spared
// them, and one that replaces another is there that much sooner.
//
// A function that is missing here is an undefined symbol when a program is linked: give it a line. The compiler holds
// each against its declaration in libav's own headers.
#define _GNU_SOURCE
#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
// Its dependencies, libavcodec and libavutil, are searched with it.
static const char library_name[] = "libavformat.so." NUMBER(LIBAVFORMAT_VERSION_MAJOR);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;
static char failure[512];

static void open_library(void) {
    library = dlopen(library_name, RTLD_LAZY | RTLD_LOCAL);
    if (library) return;
    const char *reason = dlerror();
    snprintf(failure, sizeof failure, "%s", reason ? reason : library_name);
}

const char *libav_library_name(void) { return library_name; }

const char *libav_load(void) {
    pthread_once(&once, open_library);
    return library ? NULL : failure;
}

static void *load_here(void *nothing) {
    libav_load();
    return nothing;
}

void libav_load_ahead(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, load_here, NULL) == 0) pthread_detach(thread);
}

static void *function(const char *name) {
    const char *problem = libav_load();
    void *found = problem ? NULL : dlsym(library, name);
    if (found) return found;
    // A bug of ours: `libav_load` is asked first, and the headers are those of the library's major version.
    fprintf(stderr, "%s is not to be had: %s\n", name, problem ? problem : library_name);
    abort();
}

// Not for libav's own calls of the same functions, which go from library to library.
#define HIDDEN __attribute__((visibility("hidden")))

#define PLACE(name)                                                   \
    static __typeof__(&name) place;                                   \
    __typeof__(&name) call = __atomic_load_n(&place, __ATOMIC_RELAXED); \
    if (!call) {                                                      \
        call = (__typeof__(&name))function(#name);                    \
        __atomic_store_n(&place, call, __ATOMIC_RELAXED);             \
    }

#define FUNCTION(type, name, parameters, arguments) \
    HIDDEN type name parameters {                   \
        PLACE(name)                                 \
        return call arguments;                      \
    }
#define PROCEDURE(name, parameters, arguments) \
    HIDDEN void name parameters {              \
        PLACE(name)                            \
        call arguments;                        \
    }

FUNCTION(void *, av_malloc, (size_t size), (size))
FUNCTION(void *, av_mallocz, (size_t size), (size))
PROCEDURE(av_free, (void *memory), (memory))
PROCEDURE(av_freep, (void *place_of_memory), (place_of_memory))
FUNCTION(int, av_strerror, (int code, char *text, size_t size), (code, text, size))

FUNCTION(int, av_dict_set, (AVDictionary * *dictionary, const char *key, const char *value, int flags),
         (dictionary, key, value, flags))
FUNCTION(AVDictionaryEntry *, av_dict_get,
         (const AVDictionary *dictionary, const char *key, const AVDictionaryEntry *previous, int flags),
         (dictionary, key, previous, flags))
PROCEDURE(av_dict_free, (AVDictionary * *dictionary), (dictionary))
FUNCTION(int, av_opt_set, (void *object, const char *name, const char *value, int flags), (object, name, value, flags))

FUNCTION(AVPacket *, av_packet_alloc, (void), ())
PROCEDURE(av_packet_free, (AVPacket * *packet), (packet))
PROCEDURE(av_channel_layout_default, (AVChannelLayout * layout, int channels), (layout, channels))

FUNCTION(int, avformat_alloc_output_context2,
         (AVFormatContext * *context, const AVOutputFormat *format, const char *name, const char *file),
         (context, format, name, file))
PROCEDURE(avformat_free_context, (AVFormatContext * context), (context))
FUNCTION(AVStream *, avformat_new_stream, (AVFormatContext * context, const AVCodec *codec), (context, codec))
FUNCTION(int, avformat_write_header, (AVFormatContext * context, AVDictionary **options), (context, options))
FUNCTION(int, av_write_frame, (AVFormatContext * context, AVPacket *packet), (context, packet))

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t written_bytes;
#else
typedef uint8_t written_bytes;
#endif
FUNCTION(AVIOContext *, avio_alloc_context,
         (unsigned char *buffer, int size, int is_writable, void *opaque, int (*read)(void *, uint8_t *, int),
          int (*write)(void *, written_bytes *, int), int64_t (*seek)(void *, int64_t, int)),
         (buffer, size, is_writable, opaque, read, write, seek))
PROCEDURE(avio_context_free, (AVIOContext * *io), (io))
PROCEDURE(avio_flush, (AVIOContext * io), (io))

FUNCTION(const AVCodec *, avcodec_find_decoder, (enum AVCodecID coding), (coding))
FUNCTION(AVCodecContext *, avcodec_alloc_context3, (const AVCodec *codec), (codec))
PROCEDURE(avcodec_free_context, (AVCodecContext * *context), (context))
FUNCTION(AVCodecParameters *, avcodec_parameters_alloc, (void), ())
PROCEDURE(avcodec_parameters_free, (AVCodecParameters * *parameters), (parameters))
FUNCTION(int, avcodec_parameters_to_context, (AVCodecContext * context, const AVCodecParameters *parameters),
         (context, parameters))
FUNCTION(int, avcodec_open2, (AVCodecContext * context, const AVCodec *codec, AVDictionary **options),
         (context, codec, options))
FUNCTION(int, avcodec_send_packet, (AVCodecContext * context, const AVPacket *packet), (context, packet))
FUNCTION(int, avcodec_receive_frame, (AVCodecContext * context, AVFrame *frame), (context, frame))
PROCEDURE(avcodec_flush_buffers, (AVCodecContext * context), (context))
FUNCTION(AVFrame *, av_frame_alloc, (void), ())
PROCEDURE(av_frame_free, (AVFrame * *frame), (frame))
PROCEDURE(av_frame_unref, (AVFrame * frame), (frame))
FUNCTION(AVFrameSideData *, av_frame_get_side_data, (const AVFrame *frame, enum AVFrameSideDataType type), (frame, type))
FUNCTION(const AVPixFmtDescriptor *, av_pix_fmt_desc_get, (enum AVPixelFormat format), (format))
FUNCTION(int, av_sample_fmt_is_planar, (enum AVSampleFormat format), (format))
FUNCTION(enum AVSampleFormat, av_get_packed_sample_fmt, (enum AVSampleFormat format), (format))

FUNCTION(int, av_log_get_level, (void), ())
PROCEDURE(av_log_set_level, (int level), (level))
PROCEDURE(av_log_set_callback, (void (*callback)(void *, int, const char *, va_list)), (callback))
PROCEDURE(av_vlog, (void *component, int level, const char *format, va_list arguments),
          (component, level, format, arguments))
HIDDEN void av_log(void *component, int level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    av_vlog(component, level, format, arguments);
    va_end(arguments);
}
